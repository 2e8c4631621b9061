import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';

/**
 * Sends every `bigint` of an HTTP answer as a decimal string, on Express and Fastify. Without it,
 * `JSON.stringify` fails on answers of `Sequencer.query()` and `AggregateRepository.query()` that contain a
 * bigint.
 *
 * The interceptor does not change values without a bigint, streams, files and buffers. Copies of class
 * instances keep their class, so a ClassSerializerInterceptor may run before or after it. RPC, WebSocket and
 * GraphQL handlers are unaffected.
 *
 * @example
 * app.useGlobalInterceptors(new BigIntInterceptor());
 * @example
 * providers: [{ provide: APP_INTERCEPTOR, useClass: BigIntInterceptor }]
 * @publicApi
 */
@Injectable()
export class BigIntInterceptor implements NestInterceptor {
  /** Called by Nest. Converts the answer of HTTP handlers. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const answer = next.handle();
    return context.getType() === 'http' ? answer.pipe(map(withDecimalStrings)) : answer;
  }
}

/** Replaces each bigint in the value by a decimal string; returns the same value if it contains none. */
function withDecimalStrings(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || isBinary(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return fromJson(value, toJSON.call(value));
  return Array.isArray(value) ? convertList(value) : convertObject(value);
}

/** A Date stays a Date: Nest sends strings as text. */
function fromJson(value: object, json: unknown): unknown {
  return typeof json === 'object' && json !== null ? withDecimalStrings(json) : value;
}

function convertList(list: readonly unknown[]): readonly unknown[] {
  let converted: unknown[] | null = null;
  for (const [index, item] of list.entries()) {
    const sent = withDecimalStrings(item);
    if (sent !== item) (converted ??= [...list])[index] = sent;
  }
  return converted ?? list;
}

function convertObject(value: object): object {
  let converted: object | null = null;
  for (const [name, member] of Object.entries(value)) {
    const sent = withDecimalStrings(member);
    if (sent === member) continue;
    converted ??= copyOf(value);
    // Not an assignment: the class may have a setter of this name, and `__proto__` must stay an ordinary
    // property.
    Object.defineProperty(converted, name, {
      value: sent,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return converted ?? value;
}

/** Copies the class and the enumerable properties of the original: JSON contains no others. */
function copyOf(value: object): object {
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  for (const [name, member] of Object.entries(value))
    Object.defineProperty(copy, name, {
      value: member,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  return copy;
}

/** Buffers, streams and files: not sent as JSON. */
function isBinary(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof StreamableFile ||
    typeof (value as { pipe?: unknown }).pipe === 'function'
  );
}
