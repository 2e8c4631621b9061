import type { Journal } from '../../journal/index.js';
import type { ReplayProgress, ReplayService } from '../../replay/index.js';
import type { CommitQueue, Sequencer } from '../../sequencer/index.js';
import type { LagSource, ObservedJournal } from '../../telemetry/index.js';

/** Returns the view of a journal that health and metrics read. The values are live. */
export function observeJournal(
  name: string,
  journal: Journal,
  sequencer: Sequencer,
  queue: CommitQueue,
  replay: ReplayService,
  lag: LagSource,
): ObservedJournal {
  let progress: ReplayProgress | null = null;
  replay.progress$.subscribe((latest) => (progress = latest));
  return {
    name,
    journal,
    commands: {
      get state() {
        return sequencer.state;
      },
      get queued() {
        return sequencer.queued;
      },
      get inFlight() {
        return queue.size;
      },
      get isClockSkewed() {
        return sequencer.isClockSkewed;
      },
    },
    replay: () => progress,
    lag,
  };
}
