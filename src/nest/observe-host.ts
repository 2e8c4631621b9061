import type { ReplayProgress } from '../replay/index.js';
import type { LagSource, ObservedJournal } from '../telemetry/index.js';
import type { JournalHost } from './journal-host.js';

/** What health and metrics see of a host, read live. */
export function observeHost(
  host: Pick<JournalHost, 'name' | 'journal' | 'sequencer' | 'queue' | 'replay'>,
  lagSources: readonly LagSource[],
): ObservedJournal {
  const { name, journal, sequencer, queue, replay } = host;
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
    lag: { lag: () => lagSources.flatMap((source) => [...source.lag()]) },
  };
}
