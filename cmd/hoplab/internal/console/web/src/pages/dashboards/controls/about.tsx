import { useId, useState } from "preact/hooks";

/** A button that says more while the pointer or the focus is on it; Escape closes it. */
export function About({ what, text }: { what: string; text: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer may go from the button onto the text
    <span class="about" onMouseEnter={() => setOpen(true)} onMouseLeave={() => setOpen(false)}>
      <button
        type="button"
        aria-label={`About ${what}`}
        aria-describedby={id}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setOpen(false);
        }}
      >
        i
      </button>
      <span id={id} role="tooltip" class="about-text card" hidden={!open}>
        {text}
      </span>
    </span>
  );
}
