const SHOWN_MAX = 60;

/** A piece of a source's text for a sentence, cut so that no sentence carries a page. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
