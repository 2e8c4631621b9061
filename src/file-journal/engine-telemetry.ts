/** What the engine tells, kept out of the way of those who do the work. Each is called only where somebody listens. */
import { monotonicMs } from '../common/index.js';
import { type Journal } from '../journal/index.js';
import { telemetry } from '../telemetry/index.js';

/** Tells how an append was answered, before its caller learns it: who looks at a metric afterwards finds it counted. */
export function tellAppend<C, R>(
  journal: Journal<C, R>,
  entries: number,
  append: () => Promise<void>,
): Promise<void> {
  const startedMs = monotonicMs();
  const tell = (error: unknown): void => {
    const durationMs = monotonicMs() - startedMs;
    telemetry.appendSettled.publish({ journal: journal as Journal, entries, durationMs, error });
  };
  const appended = append();
  appended.then(
    () => tell(null),
    (error: unknown) => tell(error),
  );
  return appended;
}
