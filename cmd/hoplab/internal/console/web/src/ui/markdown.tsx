import { lexer, type Token, type Tokens } from "marked";

/** How a link is to be made: its address, or nothing to leave only its text. */
export type LinkTo = (href: string) => { href: string; outside: boolean } | undefined;

/** Text in Markdown as nodes. HTML in it is shown as the text that it is. */
export function Markdown({ tokens, link }: { tokens: readonly Token[]; link: LinkTo }) {
  return <div class="markdown">{tokens.map((t) => block(t, link))}</div>;
}

export function parseMarkdown(text: string): Token[] {
  return lexer(text);
}

function block(token: Token, link: LinkTo): preact.ComponentChild {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return <h3>{inline(token.tokens, link)}</h3>;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "list": {
      const items = (token as Tokens.List).items.map((item) => <li>{item.tokens.map((t) => block(t, link))}</li>);
      return token.ordered ? <ol start={token.start || 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case "blockquote":
      return <blockquote>{(token.tokens ?? []).map((t) => block(t, link))}</blockquote>;
    case "table":
      return table(token as Tokens.Table, link);
    case "hr":
      return <hr />;
    case "html":
      return <p>{token.raw}</p>;
    case "text": // of a list's item
      return inline(token.tokens ?? [token], link);
    case "paragraph":
      return <p>{inline(token.tokens, link)}</p>;
    default:
      return <p>{token.raw}</p>;
  }
}

function table(token: Tokens.Table, link: LinkTo): preact.ComponentChild {
  return (
    <table>
      <thead>
        <tr>
          {token.header.map((c) => (
            <th>{inline(c.tokens, link)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {token.rows.map((row) => (
          <tr>
            {row.map((c) => (
              <td>{inline(c.tokens, link)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inline(tokens: readonly Token[] | undefined, link: LinkTo): preact.ComponentChild[] {
  return (tokens ?? []).map((token) => {
    switch (token.type) {
      case "strong":
        return <strong>{inline(token.tokens, link)}</strong>;
      case "em":
        return <em>{inline(token.tokens, link)}</em>;
      case "del":
        return <del>{inline(token.tokens, link)}</del>;
      case "codespan":
        return <code>{token.text}</code>;
      case "br":
        return <br />;
      case "link": {
        const to = link(token.href);
        const words = inline(token.tokens, link);
        if (!to) return <span>{words}</span>;
        return to.outside ? (
          <a href={to.href} target="_blank" rel="noreferrer">
            {words}
          </a>
        ) : (
          <a href={to.href}>{words}</a>
        );
      }
      case "escape":
      case "text":
        return token.text;
      default:
        return token.raw;
    }
  });
}

/** The address of a link that leads out of the console: http and https only. */
export function outside(href: string): { href: string; outside: true } | undefined {
  return /^https?:\/\//i.test(href) ? { href, outside: true } : undefined;
}
