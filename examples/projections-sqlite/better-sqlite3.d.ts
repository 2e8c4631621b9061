/** What the example uses of better-sqlite3; an application installs `@types/better-sqlite3` instead. */
declare module 'better-sqlite3' {
  interface Statement {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
    all(...values: unknown[]): unknown[];
  }
  export default class Database {
    constructor(path: string, options?: { readonly readonly?: boolean });
    exec(sql: string): this;
    pragma(text: string): unknown;
    prepare(sql: string): Statement;
    close(): this;
  }
}
