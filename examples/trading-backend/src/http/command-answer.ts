import { HttpException, HttpStatus } from '@nestjs/common';
import { bigintsToStrings } from 'nestjs-file-journal';
import { type OrderBookResult } from 'nestjs-file-journal/order-book';
import type { OrderBookEvent } from '../trading/order-book.types.js';

/** The answer to a command that the book accepted. The command is durable when the answer is sent. */
export interface CommandAnswer {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  /** The result as it is journaled, such as `{ OrderAdded: { order_id } }`. */
  readonly result: OrderBookResult;
}

/** @throws RejectedException if the book rejected the command */
export function answerOf({ sequenceNum, timestampNs, result }: OrderBookEvent): CommandAnswer {
  const answer = { sequence: sequenceNum, timestampNs, result };
  const reason = reasonOf(result);
  if (reason !== null) throw new RejectedException(reason, answer);
  return answer;
}

/**
 * The book rejected the command. The rejection is journaled like any other result, so the answer has the same
 * fields, and the reason.
 *
 * 404 for an unknown order, 409 for an id that is taken, 422 for any other reason.
 */
export class RejectedException extends HttpException {
  constructor(reason: string, answer: CommandAnswer) {
    const statusCode = statusOf(reason);
    const body = { statusCode, error: 'Rejected', message: reason, ...answer };
    // Exceptions do not pass the interceptor for bigints.
    super(bigintsToStrings(body) as Record<string, unknown>, statusCode);
  }
}

function reasonOf(result: OrderBookResult): string | null {
  if ('Rejected' in result) return result.Rejected.reason;
  return 'RejectedWithCode' in result ? result.RejectedWithCode.reason : null;
}

/** The texts never change, because journals contain them; see order-book/rejection.ts. */
function statusOf(reason: string): HttpStatus {
  if (reason.startsWith('order not found:')) return HttpStatus.NOT_FOUND;
  if (reason.startsWith('duplicate order id:')) return HttpStatus.CONFLICT;
  return HttpStatus.UNPROCESSABLE_ENTITY;
}
