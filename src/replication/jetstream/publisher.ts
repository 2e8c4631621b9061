import {
  headers as newHeaders,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { clearTimeout, setTimeout } from '../../common/index.js';
import { messageOf } from '../../journal/index.js';
import { encodeMessage, type PublishOutcome, type ReplicationMessage } from '../index.js';
import type { StreamNames } from './stream-names.js';

/** The names that nats-server compares: a name in lower case would silently expect nothing. */
const EXPECTED_STREAM = 'Nats-Expected-Stream';
const EXPECTED_POSITION = 'Nats-Expected-Last-Sequence';

interface Waiting {
  readonly settle: (outcome: PublishOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Publishes messages and tells stored, refused and unknown apart. It keeps one subscription for all answers,
 * which is about twice as fast as a request for each message.
 */
export class Publisher {
  readonly #inbox: string;
  readonly #answers: Subscription;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly names: StreamNames,
    private readonly timeoutMs: number,
    inbox: string,
  ) {
    this.#inbox = inbox;
    this.#answers = connection.subscribe(`${inbox}.*`, {
      callback: (_error, answer) => this.#onAnswer(answer),
    });
  }

  publish(message: ReplicationMessage, expectedPosition: number | null): Promise<PublishOutcome> {
    const { headers, body } = encodeMessage(message);
    const sent = newHeaders();
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    sent.set(EXPECTED_STREAM, this.names.stream);
    if (expectedPosition !== null) sent.set(EXPECTED_POSITION, expectedPosition.toString());
    this.#count += 1;
    const id = this.#count.toString(36);
    return new Promise((resolve) => {
      const reason = `no answer within ${this.timeoutMs} ms`;
      const timer = setTimeout(() => this.#settle(id, { kind: 'unknown', reason }), this.timeoutMs);
      this.#waiting.set(id, { settle: resolve, timer });
      try {
        this.connection.publish(this.names.subjectOf(message.kind), body, {
          headers: sent,
          reply: `${this.#inbox}.${id}`,
        });
      } catch (error) {
        // The client throws before it sends anything: a body above max_payload, a closed connection.
        this.#settle(id, { kind: 'refused', reason: messageOf(error) });
      }
    });
  }

  /** After a lost connection no answer arrives, and what was sent may be stored. */
  abandonAll(reason: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { kind: 'unknown', reason });
  }

  close(): void {
    this.#answers.unsubscribe();
    this.abandonAll('the connection was closed');
  }

  #onAnswer(answer: Msg): void {
    this.#settle(answer.subject.slice(this.#inbox.length + 1), outcomeOf(answer));
  }

  #settle(id: string, outcome: PublishOutcome): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.settle(outcome);
  }
}

const NO_RESPONDERS = 503;
/** Errors of nats-server with which the message is certainly not stored. */
const WRONG_LAST_SEQUENCE = 10071;
const WRONG_LAST_SEQUENCE_CONSTANT = 10164;
const NOT_STORED = new Set([WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_CONSTANT]);

interface AckBody {
  readonly seq?: number;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

function outcomeOf(answer: Msg): PublishOutcome {
  if (answer.headers?.code === NO_RESPONDERS) {
    return { kind: 'refused', reason: 'no server leads the stream' };
  }
  let body: AckBody;
  try {
    body = answer.json<AckBody>();
  } catch (error) {
    return { kind: 'unknown', reason: `an answer that is not JSON: ${messageOf(error)}` };
  }
  const { seq, error } = body;
  if (error !== undefined) {
    const reason = `${error.description ?? 'refused'} (${error.err_code ?? 'no code'})`;
    return { kind: NOT_STORED.has(error.err_code ?? 0) ? 'refused' : 'unknown', reason };
  }
  if (typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0)
    return { kind: 'stored', position: seq };
  return { kind: 'unknown', reason: 'an answer without a position' };
}
