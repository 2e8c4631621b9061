import type { PayloadCodec, SequencerEvent } from '../../journal/index.js';
import { ExecutedAggregateTarget, type SequencerAggregate } from '../../sequencer/index.js';

/** The replay target of the package, with an existing aggregate. */
export class SpecifiedTarget extends ExecutedAggregateTarget<SequencerAggregate> {
  lastTimestampNs: bigint | null = null;

  constructor(
    private readonly aggregate: SequencerAggregate,
    codec: PayloadCodec,
  ) {
    super({
      name: aggregate.constructor.name,
      create: () => aggregate,
      asStored: (event) => codec.decode(codec.encode(event), event.sequenceNum, event.timestampNs),
    });
  }

  override execute(command: unknown, sequenceNum: bigint, timestampNs: bigint): unknown {
    const result = super.execute(command, sequenceNum, timestampNs);
    this.lastTimestampNs = timestampNs;
    return result;
  }

  override deliver(event: SequencerEvent): void {
    super.deliver(event);
    this.lastTimestampNs = event.timestampNs;
  }

  protected override require(): SequencerAggregate {
    return this.aggregate;
  }
}
