import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Catch, Logger, Optional, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { InvalidOptionError, JournalError, type AppendOutcome } from '../../journal/index.js';
import { rejectUnknownOptions } from '../../common/index.js';
import { httpStatusOf } from './http-statuses.js';

/**
 * Options of the {@link JournalExceptionFilter}.
 * @publicApi
 */
export interface JournalExceptionFilterOptions {
  /**
   * Seconds in the `Retry-After` header of a 503.
   * @default 1
   */
  readonly retryAfterSeconds?: number;
}

/**
 * JSON body of an error response: the shape of Nest's own errors, plus the fields that a client can act on.
 */
interface ErrorBody {
  readonly statusCode: number;
  readonly message: string;
  /** Reason phrase of the status, as in Nest's own 4xx responses. */
  readonly error?: string;
  readonly code: string;
  readonly outcome?: AppendOutcome;
}

/** The part of a Fastify reply that the filter needs. */
interface FastifyReply {
  /** True when the response is complete or the handler took it over. */
  readonly sent: boolean;
  readonly raw: ServerResponse;
  code(status: number): this;
  headers(headers: Readonly<Record<string, string>>): this;
  send(text: string): void;
}

/** The part of a WebSocket client that the filter needs: socket.io has `emit`, a native client `send`. */
interface SocketClient {
  readonly readyState?: unknown;
  emit?(event: string, data: object): void;
  send?(message: string): void;
}

/**
 * Answers a `JournalError` over HTTP with the status of its `code`, on Express and Fastify:
 *
 *     { "statusCode": 404, "message": "the journal holds no event of aggregate 7", "error": "Not Found",
 *       "code": "JOURNAL_AGGREGATE_NOT_FOUND" }
 *
 * The status is 404 for a missing aggregate, entry or projection, 409 for a conflict, 422 for a reused
 * command id, and 400 or 413 for input that cannot be stored. It is 503 with `Retry-After` if the same
 * request may succeed later, and 500 for all other errors. docs/guides/errors.md lists every code. The body
 * contains the `outcome` of an error that has one. The client gets the message of a 4xx. The message of a 5xx
 * may name files, so the filter writes it to the log only.
 *
 * The filter does not handle errors of other classes, and does not change RPC and GraphQL handlers. A
 * WebSocket client gets Nest's event `exception`, with the `code` added.
 *
 * @example
 * app.useGlobalFilters(new JournalExceptionFilter({ retryAfterSeconds: 2 }));
 * @example
 * providers: [{ provide: APP_FILTER, useClass: JournalExceptionFilter }]
 * @publicApi
 */
@Catch(JournalError)
export class JournalExceptionFilter implements ExceptionFilter<JournalError> {
  private readonly logger = new Logger(JournalExceptionFilter.name);
  private readonly retryAfterSeconds: number;

  /**
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for an unknown option, or seconds that are not a
   * whole number >= 0
   */
  constructor(@Optional() options: JournalExceptionFilterOptions = {}) {
    rejectUnknownOptions(options, ['retryAfterSeconds']);
    const { retryAfterSeconds = 1 } = options;
    if (!Number.isSafeInteger(retryAfterSeconds) || retryAfterSeconds < 0)
      throw new InvalidOptionError('retryAfterSeconds', retryAfterSeconds, 'a whole number of at least 0');
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Called by Nest with each JournalError that a handler throws. */
  catch(error: JournalError, host: ArgumentsHost): void {
    const type = host.getType<string>();
    // Nest applies its own handling to RPC and GraphQL errors where a filter returns nothing. An error thrown
    // here would leave an RPC caller without an answer.
    if (type !== 'http' && type !== 'ws') return;
    const body = bodyOf(error);
    this.log(error, body.statusCode);
    if (type === 'ws') emitException(host.switchToWs().getClient(), body);
    else this.answer(host.switchToHttp().getResponse(), body);
  }

  private answer(response: ServerResponse | FastifyReply, body: ErrorBody): void {
    const native = 'raw' in response ? response.raw : response;
    if (native.headersSent) {
      // The status is already sent. Only a broken connection can still show the error to the client.
      if (!native.writableEnded) native.destroy();
      return;
    }
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      ...(body.statusCode === 503 ? { 'retry-after': String(this.retryAfterSeconds) } : {}),
    };
    if ('raw' in response && !response.sent) {
      response.code(body.statusCode).headers(headers).send(text);
      return;
    }
    // Express, or Fastify with an error in middleware or a reply that the handler took over. Node.js omits
    // the body for HEAD.
    native.statusCode = body.statusCode;
    for (const [name, value] of Object.entries(headers)) native.setHeader(name, value);
    native.end(text);
  }

  /**
   * Decides what to log. A client causes most 4xx and gets the message. A value that cannot be stored may
   * also come from an event class without a decorator, so the developers need a log line. A short overload
   * must not fill the log with stacks.
   */
  private log(error: JournalError, statusCode: number): void {
    if (statusCode === 503 || error.code === 'JOURNAL_SERIALIZATION')
      this.logger.warn(`${error.code}: ${error.message}`);
    else if (statusCode >= 500) this.logger.error(`${error.code}: ${error.message}`, error.stack);
  }
}

function bodyOf(error: JournalError): ErrorBody {
  const statusCode = httpStatusOf(error);
  const { code, outcome } = error;
  const reason = STATUS_CODES[statusCode] ?? 'Error';
  return {
    statusCode,
    ...(statusCode < 500 ? { message: error.message, error: reason } : { message: reason }),
    code,
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/** Does what Nest's own gateway filter does; Nest skips that filter if another one handles the error. */
function emitException(client: SocketClient, { message, code, outcome }: ErrorBody): void {
  const data = { status: 'error', message, code, ...(outcome === undefined ? {} : { outcome }) };
  if (typeof client.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data }));
  else client.emit?.('exception', data);
}
