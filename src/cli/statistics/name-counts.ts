/** How often a name occurs. */
export interface NameCount {
  readonly name: string;
  readonly entries: number;
  /** Bytes of these entries. */
  readonly bytes: number;
}

/** More names than a table can show; a journal with other names in each entry must not fill the memory. */
const MAX_NAMES = 1_000;

/** Counts names in bounded memory. Names beyond the first thousand are counted together. */
export class NameCounts {
  private readonly counts = new Map<string, { entries: number; bytes: number }>();
  private readonly others = { entries: 0, bytes: 0 };

  add(name: string, bytes: number): void {
    let count = this.counts.get(name);
    if (count === undefined) {
      count = this.counts.size < MAX_NAMES ? { entries: 0, bytes: 0 } : this.others;
      if (count !== this.others) this.counts.set(name, count);
    }
    count.entries += 1;
    count.bytes += bytes;
  }

  /** The most frequent first. */
  list(): NameCount[] {
    const named = [...this.counts].map(([name, count]) => ({ name, ...count }));
    named.sort((a, b) => b.entries - a.entries || (a.name < b.name ? -1 : 1));
    return this.others.entries === 0 ? named : [...named, { name: '(other names)', ...this.others }];
  }
}
