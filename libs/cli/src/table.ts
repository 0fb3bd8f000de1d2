/** Tables for people: aligned columns under a line, long ids shortened, nothing wrapped. */

export type TableColumn<Row> = {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Amounts and counts are right-aligned. */
  readonly right?: boolean;
};

/** The lines of a table, each ended. Without rows: the sentence that says so. */
export function tableText<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  whenEmpty: string,
): string {
  if (rows.length === 0) return `${whenEmpty}\n`;
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...cells.map((line) => (line[at] ?? '').length)),
  );
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, at) => {
        const [text, width] = [texts[at] ?? '', widths[at] ?? 0];
        return column.right === true ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const ruler = widths.map((width) => '─'.repeat(width)).join('  ');
  const head = line(columns.map((column) => column.title));
  return `${[head, ruler, ...cells.map(line)].join('\n')}\n`;
}

/** 0x3e4f5a…3e4f, 7371617…6372: enough to recognise an id; `--json` has it whole. */
export function shortId(id: string | null): string {
  if (id === null) return '–';
  const paper = id.startsWith('paper:') ? 'paper:' : '';
  const bare = id.slice(paper.length);
  if (bare.length <= 18) return id;
  return `${paper}${bare.slice(0, 8)}…${bare.slice(-4)}`;
}
