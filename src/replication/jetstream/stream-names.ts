/** Names in NATS that belong to one replicated journal. */
export class StreamNames {
  constructor(readonly stream: string) {}

  /** What the stream captures. */
  get allSubjects(): string {
    return `${this.stream}.journal.>`;
  }

  get genesis(): string {
    return `${this.stream}.journal.genesis`;
  }

  /** Fences have a subject of their own: a node that lost its place reads them alone. */
  get fences(): string {
    return `${this.stream}.journal.fence`;
  }

  get barriers(): string {
    return `${this.stream}.journal.barrier`;
  }

  get groups(): string {
    return `${this.stream}.journal.group`;
  }

  subjectOf(kind: 'genesis' | 'fence' | 'barrier' | 'group'): string {
    switch (kind) {
      case 'genesis':
        return this.genesis;
      case 'fence':
        return this.fences;
      case 'barrier':
        return this.barriers;
      case 'group':
        return this.groups;
    }
  }
}
