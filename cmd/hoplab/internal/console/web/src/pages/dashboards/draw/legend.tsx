import { formatValue } from "../../../format/units";
import { type Field, fieldKey } from "../shape/fields";
import { fieldLinks } from "../shape/links";
import { calcTitle, reduce } from "../shape/reduce";
import { useView } from "../view";

interface Props {
  title: string;
  fields: readonly Field[];
  colours: readonly string[];
  calcs: readonly string[];
  /** Indexes of the fields that are not drawn. */
  hidden: ReadonlySet<number>;
  /** A click on a row; adding when the reader held Control, Command or Shift. */
  onToggle: (index: number, adding: boolean) => void;
}

/** The series of a panel with their values. A click shows one alone; another brings the others back. */
export function Legend({ title, fields, colours, calcs, hidden, onToggle }: Props) {
  const view = useView();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reachable with the keyboard
    <section class="legend" tabIndex={0} aria-label={`Series of ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {calcs.map((calc) => (
              <th key={calc} scope="col" class="num">
                {calcTitle(calc)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field, i) => (
            <tr key={fieldKey(field)} class={hidden.has(i) ? "off" : ""}>
              <th scope="row">
                <span>
                  <button
                    type="button"
                    aria-pressed={!hidden.has(i)}
                    title={`${field.name}: show alone`}
                    onClick={(event) => onToggle(i, event.ctrlKey || event.metaKey || event.shiftKey)}
                  >
                    <span class="swatch" style={{ background: colours[i] ?? "" }} />
                    <span class="name">{field.name}</span>
                  </button>
                  {fieldLinks(field.options.links ?? [], field.labels, field.name, view.values).map((link) => (
                    <a
                      key={link.href}
                      class="go"
                      href={link.href}
                      aria-label={`${link.title} of ${field.name}`}
                      {...(link.outside ? { target: "_blank", rel: "noreferrer" } : {})}
                    >
                      {link.title}
                    </a>
                  ))}
                </span>
              </th>
              {calcs.map((calc) => (
                <td key={calc} class="num">
                  {formatValue(reduce(field.values, calc), field.options.unit, field.options.decimals) || "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
