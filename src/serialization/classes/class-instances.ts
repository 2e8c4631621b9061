import { instanceToPlain, plainToInstance } from 'class-transformer';
import type { ClassTransformOptions } from 'class-transformer';
import {
  DeserializationError,
  SequencerEvent,
  SerializationError,
  messageOf,
  rememberStoredPayload,
  storedPayloadOf,
} from '../../journal/index.js';
import { assertOptions } from '../../common/index.js';
import type { OptionNames } from '../../common/index.js';
import type { PayloadCodec } from '../../journal/index.js';
import { toInstance, toPlain } from './class-conversion.js';
import { copyInto } from '../index.js';
import { unchangedPayload } from '../index.js';

/** Classes by the name of the variant whose content they are. A class is constructed without arguments. */
export type VariantClasses = Readonly<Record<string, new () => object>>;

export interface InstanceOptions {
  /** Classes for variants of results. @default none */
  readonly results?: VariantClasses;
  /** Passed to class-transformer in both directions. */
  readonly transform?: ClassTransformOptions;
}

const OPTIONS: OptionNames<InstanceOptions> = { results: true, transform: true };

/**
 * A codec whose decoded events hold instances: the content of `{ OrderPlaced: {…} }` becomes an
 * `OrderPlacedDto`, made by class-transformer with whatever its decorators say. Names that are not registered
 * cost nothing and stay as they are.
 *
 * On encoding, instances of registered classes go through `instanceToPlain`, plain objects are written as
 * they are. An event that was decoded and not changed keeps its bytes, whatever the transformations are.
 *
 * A `bigint` passes class-transformer untouched. `@Type(() => BigInt)` converts nothing: a field that the
 * generic codec may decode as a `number` needs `@Transform(({ value }) => BigInt(value))`.
 *
 * @example
 * const codec = withInstances(jsonCodec(), { OrderPlaced: OrderPlacedDto, OrderFilled: OrderFilledDto });
 * @publicApi
 */
export function withInstances<TCommand, TResult>(
  codec: PayloadCodec<TCommand, TResult>,
  commands: VariantClasses,
  options: InstanceOptions = {},
): PayloadCodec<TCommand, TResult> {
  assertOptions(options, OPTIONS, ' of withInstances()');
  const commandClasses = new Map(Object.entries(commands));
  const resultClasses = new Map(Object.entries(options.results ?? {}));
  if (commandClasses.size === 0 && resultClasses.size === 0) return codec;
  const { transform } = options;

  const plainEvent = (event: SequencerEvent<TCommand, TResult>): SequencerEvent<TCommand, TResult> => {
    const { sequenceNum, timestampNs, commandId } = event;
    const command = variantToPlain(event.command, commandClasses, transform, 'command');
    const result = variantToPlain(event.result, resultClasses, transform, 'result');
    return new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
  };
  const { encodeInto, commandAsStored, toPlain, storesCommandIds = false } = codec;

  const withInstanceCodec: PayloadCodec<TCommand, TResult> = {
    storesCommandIds,
    encode(event) {
      return unchangedPayload(event, withInstanceCodec.decode) ?? codec.encode(plainEvent(event));
    },
    decode(payload, sequenceNum, timestampNs) {
      const event = codec.decode(payload, sequenceNum, timestampNs);
      const command = variantToInstance(event.command, commandClasses, transform, 'command');
      const result = variantToInstance(event.result, resultClasses, transform, 'result');
      if (command === event.command && result === event.result) return event;
      const { commandId } = event;
      const decoded = new SequencerEvent({ sequenceNum, timestampNs, command, result, commandId });
      rememberStoredPayload(decoded, storedPayloadOf(event) ?? payload);
      return decoded;
    },
  };
  if (encodeInto !== undefined) {
    withInstanceCodec.encodeInto = (event, target, offset) => {
      const unchanged = unchangedPayload(event, withInstanceCodec.decode);
      if (unchanged !== null) return copyInto(unchanged, target, offset);
      return encodeInto.call(codec, plainEvent(event), target, offset);
    };
  }
  if (commandAsStored !== undefined) {
    withInstanceCodec.commandAsStored = (command) => {
      const plain = variantToPlain(command, commandClasses, transform, 'command');
      const stored = commandAsStored.call(codec, plain);
      return variantToInstance(stored, commandClasses, transform, 'command');
    };
  }
  if (toPlain !== undefined) {
    const classesOf = (part: 'command' | 'result') => (part === 'command' ? commandClasses : resultClasses);
    withInstanceCodec.toPlain = (value, part) =>
      toPlain.call(codec, variantToPlain(value, classesOf(part), transform, part), part);
    withInstanceCodec.fromPlain = (plain, part) =>
      variantToInstance(codec.fromPlain?.(plain, part) ?? plain, classesOf(part), transform, part);
  }
  return withInstanceCodec;
}

type Classes = ReadonlyMap<string, new () => object>;

function variantToInstance<T>(
  value: T,
  classes: Classes,
  options: ClassTransformOptions | undefined,
  path: string,
): T {
  const variant = registeredVariant(value, classes);
  if (variant === null) return value;
  const { tag, content, type } = variant;
  try {
    // The tag stays, and what is typed as its content is now an instance of a class of that shape.
    const instance =
      options === undefined ? toInstance(type, content) : plainToInstance(type, content, options);
    return { [tag]: instance } as T;
  } catch (cause) {
    throw new DeserializationError(
      `${path}.${tag}: class-transformer could not make a ${type.name}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

function variantToPlain<T>(
  value: T,
  classes: Classes,
  options: ClassTransformOptions | undefined,
  path: string,
): T {
  const variant = registeredVariant(value, classes);
  if (variant === null) return value;
  const { tag, content, type } = variant;
  const plain = (item: unknown) => {
    if (!(item instanceof type)) return item;
    return options === undefined ? toPlain(item) : instanceToPlain(item, options);
  };
  try {
    return { [tag]: Array.isArray(content) ? content.map(plain) : plain(content) } as T;
  } catch (cause) {
    throw new SerializationError(
      `class-transformer could not write a ${type.name}: ${messageOf(cause)}`,
      `${path}.${tag}`,
      {
        cause,
      },
    );
  }
}

/** The only property of an object, if a class is registered for its name. */
function registeredVariant(value: unknown, classes: Classes) {
  if (typeof value !== 'object' || value === null) return null;
  const tags = Object.keys(value);
  const tag = tags[0];
  if (tag === undefined || tags.length > 1) return null;
  const type = classes.get(tag);
  if (type === undefined) return null;
  return { tag, type, content: (value as Record<string, unknown>)[tag] };
}
