/**
 * A Postgres schema as text that a person reviews in a diff: tables, keys, checks, indexes, views.
 */

import type pg from 'pg';

type Line = { readonly object: string; readonly line: string };

const queries = [
  // Columns, in their order. Partitions of a table are made at run time and are not described.
  `SELECT format('%s %s', CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, c.relname)
            AS object,
          format('  %s %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attnotnull THEN ' not null' ELSE '' END) AS line
   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
   ORDER BY c.relname, a.attnum`,
  `SELECT format('table %s', c.relname) AS object,
          format('  %s', pg_get_constraintdef(k.oid)) AS line
   FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
   WHERE k.connamespace = $1::regnamespace AND k.contype IN ('p', 'c', 'u', 'f')
     AND NOT c.relispartition
   ORDER BY c.relname, k.contype DESC, 2`,
  `SELECT format('table %s', t.relname) AS object,
          format('  %s', pg_get_indexdef(i.indexrelid)) AS line
   FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
   WHERE t.relnamespace = $1::regnamespace AND NOT i.indisprimary AND NOT t.relispartition
   ORDER BY t.relname, 2`,
] as const;

/** The schema's objects in the order of their names, each with its lines. */
export async function describeSchema(client: pg.Client, schema: string): Promise<string> {
  const objects = new Map<string, string[]>();
  for (const sql of queries) {
    const { rows } = await client.query<Line>(sql, [schema]);
    for (const { object, line } of rows) {
      const lines = objects.get(object) ?? [];
      objects.set(object, lines);
      lines.push(line);
    }
  }
  const names = [...objects.keys()].sort();
  return names.map((name) => `${name}\n${(objects.get(name) ?? []).join('\n')}\n`).join('\n');
}
