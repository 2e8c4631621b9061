import type { Journal } from '../journal/index.js';
import { telemetry, type SubmitMessage } from '../telemetry/index.js';

/** Publishes the start of one submit, in the caller's turn and async context, and its end. */
export function reportSubmit<T>(
  journal: Journal,
  submit: (message: SubmitMessage) => Promise<T>,
): Promise<T> {
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
