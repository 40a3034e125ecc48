import { useEffect, useState } from "preact/hooks";

/** Below this the picture has no room; map.css has it too. */
const query = "(max-width: 899px)";

/** Whether the window is too narrow for a picture. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const changed = () => setNarrow(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return narrow;
}
