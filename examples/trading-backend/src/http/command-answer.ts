import { HttpException, HttpStatus } from '@nestjs/common';
import { bigintsToStrings } from 'nestjs-file-journal';
import { type OrderBookResult } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent } from '../trading/order-book.types.js';

/** What a client gets for a command that the book took. The command is durable when this is sent. */
export interface CommandAnswer {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  /** In the words of the journal, e.g. `{ OrderAdded: { order_id } }`. */
  readonly result: OrderBookResult;
}

/** @throws RejectedException when the book refused the command */
export function answerOf({ sequenceNum, timestampNs, result }: OrderBookEvent): CommandAnswer {
  const answer = { sequence: sequenceNum, timestampNs, result };
  const reason = reasonOf(result);
  if (reason !== null) throw new RejectedException(reason, answer);
  return answer;
}

/**
 * The book refused the command and is as it was. The refusal is journaled like any other result, so the
 * answer has the same fields, and the reason.
 *
 * 404 for an order that is not there, 409 for an id that is taken, 422 for everything else.
 */
export class RejectedException extends HttpException {
  constructor(reason: string, answer: CommandAnswer) {
    const statusCode = statusOf(reason);
    const body = { statusCode, error: 'Rejected', message: reason, ...answer };
    // What is thrown does not pass the interceptor for bigints.
    super(bigintsToStrings(body) as Record<string, unknown>, statusCode);
  }
}

function reasonOf(result: OrderBookResult): string | null {
  if ('Rejected' in result) return result.Rejected.reason;
  return 'RejectedWithCode' in result ? result.RejectedWithCode.reason : null;
}

/** The texts are in journals, so they never change; see order-book/rejection.ts. */
function statusOf(reason: string): HttpStatus {
  if (reason.startsWith('order not found:')) return HttpStatus.NOT_FOUND;
  if (reason.startsWith('duplicate order id:')) return HttpStatus.CONFLICT;
  return HttpStatus.UNPROCESSABLE_ENTITY;
}
