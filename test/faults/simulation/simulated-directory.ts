/**
 * The names in a directory: the durable ones, and the changes that no completed directory sync covers.
 *
 * POSIX promises nothing about changes that were not synced. `ordered` acts like a journaling file system
 * (ext4, XFS): a prefix of the changes survives a cut. `any` is the worst case that POSIX allows: each change
 * survives or not, independently of the others.
 */
import type { Random } from '../../support/random.js';
import type { SimulatedFile } from './simulated-file.js';

export type NameOrder = 'ordered' | 'any';
export type SimulatedNode = SimulatedFile | SimulatedDirectory;

interface NameChange {
  readonly id: number;
  /** The removed name; null for a new file. */
  readonly from: string | null;
  /** The added name, and the object it names. */
  readonly to: { readonly name: string; readonly node: SimulatedNode } | null;
}

export class SimulatedDirectory {
  readonly names = new Map<string, SimulatedNode>();
  readonly #durable = new Map<string, SimulatedNode>();
  #pending: NameChange[] = [];
  #nextId = 1;

  link(name: string, node: SimulatedNode): void {
    this.#change({ from: null, to: { name, node } });
  }

  unlink(name: string): void {
    this.#change({ from: name, to: null });
  }

  /** An atomic rename: both names change, or none. */
  rename(from: string, to: string): void {
    this.#change({ from, to: { name: to, node: this.names.get(from) as SimulatedNode } });
  }

  /** Starts a sync. Earlier changes are durable once the returned function is called. */
  beginSync(): () => void {
    const upTo = this.#nextId;
    return () => {
      for (const change of this.#pending) if (change.id < upTo) apply(this.#durable, change);
      this.#pending = this.#pending.filter(({ id }) => id >= upTo);
    };
  }

  /** The names that survive a power cut now. @param survive returns the surviving state of a named object */
  survivor(
    random: Random,
    order: NameOrder,
    survive: (node: SimulatedNode) => SimulatedNode,
  ): SimulatedDirectory {
    const names = new Map(this.#durable);
    const prefix = random.integer(0, this.#pending.length);
    for (const [index, change] of this.#pending.entries()) {
      if (order === 'ordered' ? index < prefix : random.chance(0.5)) apply(names, change);
    }
    const directory = new SimulatedDirectory();
    for (const [name, node] of names) directory.link(name, survive(node));
    directory.beginSync()();
    return directory;
  }

  #change(change: Omit<NameChange, 'id'>): void {
    const numbered = { id: this.#nextId, ...change };
    this.#nextId += 1;
    this.#pending.push(numbered);
    apply(this.names, numbered);
  }
}

function apply(names: Map<string, SimulatedNode>, { from, to }: NameChange): void {
  if (from !== null) names.delete(from);
  if (to !== null) names.set(to.name, to.node);
}
