import { FileJournal, bigintsToStrings, type IntegrityReport } from 'nestjs-file-journal';
import { orderBookCodec, type OrderBookCommand, type OrderBookResult } from 'nestjs-file-journal/order-book';
import { OrderBook } from '../src/order-book/index.js';
import { describe, type Ledger } from './ledger.js';
import type { Sabotage } from './options.js';
import type { FlowRequest } from './order-flow.js';
import { sameAsStored } from './same-as-stored.js';

type Event = {
  readonly sequenceNum: bigint;
  readonly command: OrderBookCommand;
  readonly result: OrderBookResult;
};

/** The result of a second, independent read of the journal. */
export interface Proof {
  readonly integrity: IntegrityReport;
  /** The book, rebuilt from the journal alone. */
  readonly book: OrderBook;
  /** The number of acknowledged commands in the journal with their time and result. */
  readonly found: number;
  /** The number of unanswered requests that had reached the journal. */
  readonly foundUnanswered: number;
  readonly differences: readonly string[];
  readonly elapsedMs: number;
}

/**
 * Reads the journal in this process, without the backend, and compares it with the answers to the clients.
 * Every acknowledged command is in the journal, as it was acknowledged. Every other entry belongs to a
 * request without an answer. Executing all commands again gives the stored results.
 */
export async function readAgain(
  directory: string,
  symbol: string,
  ledger: Ledger,
  sabotage: ReadonlySet<Sabotage>,
): Promise<Proof> {
  const startedAt = performance.now();
  const journal = await FileJournal.openReadOnly({ directory, codec: orderBookCodec() });
  try {
    const book = new OrderBook(symbol);
    const missing = new Map(ledger.acknowledged);
    const unanswered = countByKey(ledger.unanswered);
    const differences: string[] = [];
    let foundUnanswered = 0;
    for await (const { event, timestampNs } of journal.readFrom(0n)) {
      const sequence = String(event.sequenceNum);
      // Rejected commands, too, because the proof includes that they change nothing.
      const result = book.execute(event.command, event);
      if (!sameAsStored(result, event.result))
        differences.push(`executing ${sequence} again gives another result`);
      if (sabotage.has('lose-command') && missing.size === 1) continue;
      const acknowledged = missing.get(sequence);
      if (acknowledged === undefined) {
        if (takeOne(unanswered, keyOf(event))) foundUnanswered += 1;
        else differences.push(`${sequence} is in the journal, but was not sent: ${keyOf(event)}`);
        continue;
      }
      const isChanged = sabotage.has('change-result') && missing.size === ledger.acknowledged.size;
      const stored = bigintsToStrings(isChanged ? { changed: event.result } : event.result);
      missing.delete(sequence);
      const isSame =
        keyOf(event) === requestKey(acknowledged.request) &&
        String(timestampNs) === acknowledged.timestampNs &&
        sameAsStored(stored, acknowledged.result);
      if (!isSame) differences.push(`${sequence} is not what was acknowledged`);
    }
    for (const [sequence, { request }] of missing) {
      differences.push(`${sequence} was acknowledged and is lost: ${describe(request)}`);
    }
    return {
      integrity: await journal.verifyIntegrity(),
      book,
      found: ledger.acknowledged.size - missing.size,
      foundUnanswered,
      differences,
      elapsedMs: performance.now() - startedAt,
    };
  } finally {
    await journal.close();
  }
}

/**
 * The name of a command and the id of its order. Ids are unique over all clients, so other requests hardly
 * ever match.
 */
function keyOf({ command }: Event): string {
  if (typeof command === 'string') return command;
  const [name = '', content] = Object.entries(command)[0] ?? [];
  return `${name} ${orderIdIn(name, content) ?? ''}`.trimEnd();
}

function requestKey({ command, orderId }: FlowRequest): string {
  return `${command ?? 'nothing'} ${orderId ?? ''}`.trimEnd();
}

function orderIdIn(name: string, content: unknown): string | null {
  if (typeof content === 'string') return content;
  const fields = content as Record<string, unknown>;
  // Orders and updates have one more wrapper, their kind.
  const inner = name === 'AddOrder' || name === 'UpdateOrder' ? Object.values(fields)[0] : fields;
  const { id, order_id: orderId } = inner as { id?: string; order_id?: string };
  return id ?? orderId ?? null;
}

function countByKey(requests: readonly FlowRequest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const key = requestKey(request);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function takeOne(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}
