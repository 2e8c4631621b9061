import type { SequencerEvent } from '../journal/index.js';
import type { ReplayTarget } from '../replay/index.js';
import { fromCommand } from './domain-event.js';

/**
 * Which entries hold events of which aggregate. Follows the journal like an applied aggregate; 8 to 16 bytes an entry, the
 * events themselves stay on disk.
 */
export class DomainEventIndex implements ReplayTarget {
  readonly name = 'domain events';
  readonly snapshots = null;
  lastSequence: bigint | null = null;
  private readonly entries = new Map<string, bigint[]>();

  deliver(event: SequencerEvent): void {
    this.lastSequence = event.sequenceNum;
    for (const { aggregateId } of fromCommand(event.command) ?? []) {
      const sequences = this.entries.get(aggregateId);
      if (sequences === undefined) this.entries.set(aggregateId, [event.sequenceNum]);
      else if (sequences.at(-1) !== event.sequenceNum) sequences.push(event.sequenceNum);
    }
  }

  /** Ids of all aggregates that have events. */
  ids(): IterableIterator<string> {
    return this.entries.keys();
  }

  /** Sequences of the entries with events of an aggregate, oldest first. */
  sequencesOf(aggregateId: string): readonly bigint[] {
    return this.entries.get(aggregateId) ?? [];
  }

  lastSequenceOf(aggregateId: string): bigint | null {
    return this.sequencesOf(aggregateId).at(-1) ?? null;
  }
}
