/** `Sequencer.submit` in Nest applications, and `append` of the same events as their reference. */
import { FileJournal, jsonCodec, type PayloadCodec } from 'nestjs-file-journal';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { EventSource } from '../harness/events.js';
import { closedLoop } from '../harness/loops.js';
import type { Appender, Opening } from './contestant.js';

/** What an application does with its commands and events, in addition to executing one aggregate. */
export interface SubmitCase {
  readonly codec: PayloadCodec;
  /** Each command has an id. */
  readonly hasIds?: boolean;
  /** A handler of the EventBus gets each event. */
  readonly hasHandler?: boolean;
  /** A second aggregate follows with `apply()`. */
  readonly hasFollower?: boolean;
}

export const APPEND = 'append';
export const SUBMIT = 'submit';
export const SUBMIT_HANDLED = 'submit, EventBus handler';
export const SUBMIT_NAMED = 'submit, command ids';
export const SUBMIT_FOLLOWED = 'submit, applied aggregate beside it';
export const APPEND_JSON = 'append, jsonCodec()';
export const SUBMIT_JSON = 'submit, jsonCodec()';

const ORDERS = orderBookCodec() as PayloadCodec;
const JSON_CODEC = jsonCodec();

export const SUBMITTERS: readonly Opening<Appender>[] = [
  reference(APPEND, ORDERS),
  submitter(SUBMIT, { codec: ORDERS }),
  submitter(SUBMIT_HANDLED, { codec: ORDERS, hasHandler: true }),
  submitter(SUBMIT_NAMED, { codec: ORDERS, hasIds: true }),
  submitter(SUBMIT_FOLLOWED, { codec: ORDERS, hasFollower: true }),
  reference(APPEND_JSON, JSON_CODEC),
  submitter(SUBMIT_JSON, { codec: JSON_CODEC }),
];

function reference(name: string, codec: PayloadCodec): Opening<Appender> {
  return {
    name,
    async open(directory) {
      const journal = await FileJournal.open({ directory, codec });
      const source = new EventSource();
      return {
        name,
        isFloor: false,
        supports: () => true,
        run: (inFlight, durationMs) => closedLoop(inFlight, durationMs, () => journal.append(source.typed())),
        close: () => journal.close(),
      };
    },
  };
}

function submitter(name: string, submitCase: SubmitCase): Opening<Appender> {
  return {
    name,
    async open(directory) {
      // Only the processes that need Nest load it.
      const { bootSubmitter } = await import('./nest-submitter.js');
      const { submit, close } = await bootSubmitter(directory, submitCase);
      return {
        name,
        isFloor: false,
        supports: () => true,
        run: (inFlight, durationMs) => closedLoop(inFlight, durationMs, submit),
        close,
      };
    },
  };
}
