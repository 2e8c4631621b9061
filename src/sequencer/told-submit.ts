import type { Journal } from '../journal/index.js';
import { telemetry, type SubmitMessage } from '../telemetry/index.js';

/** Tells about one command: in the caller's turn and async context that it is there, and when it is answered how. */
export function tellSubmit<T>(journal: Journal, submit: (told: SubmitMessage) => Promise<T>): Promise<T> {
  const message: SubmitMessage = { journal, sequenceNum: null, error: null };
  telemetry.submitStart.publish(message);
  const answered = submit(message);
  answered.then(
    () => telemetry.submitEnd.publish(message),
    (error: unknown) => {
      message.error = error ?? new Error('rejected without a reason');
      telemetry.submitEnd.publish(message);
    },
  );
  return answered;
}
