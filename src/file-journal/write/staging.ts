import { StagedGroup } from './staged-group.js';

/**
 * An event that is encoded but not staged yet. Its payload is `lengthBytes` of `bytes` from `offset` on. The
 * encoder reuses the object, so it is valid until it is staged, or until the next event is encoded.
 */
export interface EncodedEvent {
  sequenceNum: bigint;
  timestampNs: bigint;
  bytes: Uint8Array;
  offset: number;
  lengthBytes: number;
}

/** In place of a payload that is staged, or not encoded yet. */
export const NO_BYTES = new Uint8Array(0);

/** Collects encoded entries in the group that is written next. */
export class Staging {
  #open = new StagedGroup();
  /** Empty groups for reuse, whose buffers have already grown. */
  readonly #spare: StagedGroup[] = [];

  /** The group that appends currently join. */
  get open(): StagedGroup {
    return this.#open;
  }

  /**
   * Stages one entry; it is stored when the promise of the group's next `wait` resolves.
   * @default batch the open group
   */
  stage(encoded: EncodedEvent, batch: StagedGroup | null = null): void {
    const { sequenceNum, timestampNs, bytes, offset, lengthBytes } = encoded;
    const group = batch ?? this.#open;
    if (bytes === group.bytes && offset === group.payloadOffset) {
      group.addInPlace(sequenceNum, timestampNs, lengthBytes);
    } else {
      group.add(sequenceNum, timestampNs, bytes.subarray(offset, offset + lengthBytes));
    }
    // Otherwise a large buffer would stay in memory until the next append.
    encoded.bytes = NO_BYTES;
  }

  /**
   * A group for the entries of one caller, which are staged together or not at all: by `stageBatch` or
   * `recycle`.
   */
  beginBatch(): StagedGroup {
    return this.#emptyGroup();
  }

  /** Stages the entries of a batch after those of the open group. */
  stageBatch(batch: StagedGroup): void {
    if (this.#open.isUnused) {
      this.#spare.push(this.#open);
      this.#open = batch;
    } else {
      this.#open.join(batch);
      this.recycle(batch);
    }
  }

  /** Closes the open group, to be written. The caller returns it with `recycle`. */
  take(): StagedGroup {
    const group = this.#open;
    this.#open = this.#emptyGroup();
    return group;
  }

  recycle(group: StagedGroup): void {
    group.reset();
    this.#spare.push(group);
  }

  #emptyGroup(): StagedGroup {
    return this.#spare.pop() ?? new StagedGroup();
  }
}
