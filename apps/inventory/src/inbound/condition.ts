/** A condition on rows of `devices`, alias `device`: SQL of our own making, and what callers wrote as its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export type Filter = Readonly<Record<string, unknown>>;
/** Makes the condition that a key of a filter stands for. `parameter`: the name of what callers wrote. */
export type Build = (values: readonly unknown[], parameter: string) => Condition;

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Among some values, of a type of PostgreSQL. One value is asked for by itself: only then does an index give rows in the order of lists. */
export const among = (what: string, values: readonly unknown[], parameter: string, type = 'text'): Condition =>
  values.length === 1
    ? { sql: `${what} = cast(:${parameter} as ${type})`, parameters: { [parameter]: values[0] } }
    : { sql: `${what} = any(cast(:${parameter} as ${type}[]))`, parameters: { [parameter]: values } };

/** A statement as PostgreSQL takes it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const PARAMETER = /(?<!:):([a-z]\w*)/gi;

/** The same with numbers in place of names; one name is one parameter, however often it stands. */
export const toStatement = (sql: string, parameters: Condition['parameters']): Statement => {
  const names: string[] = [];
  const text = sql.replaceAll(PARAMETER, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text, values: names.map((name) => parameters[name]) };
};

/** Conditions that must all hold, as one. */
export const allOf = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.length === 0 ? 'true' : conditions.map(({ sql }) => `(${sql})`).join(' and '),
  parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)) as Condition['parameters'],
});
