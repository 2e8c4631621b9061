/** The name of a value that can be neither copied nor compared. */
type Opaque = string;

/**
 * Copies data deeply, so that `assert.deepStrictEqual` can compare it after the original has changed.
 * Prototypes, Maps, Sets, dates and bytes are kept. Functions, promises and weak collections become their
 * names, because two instances of a class never share them. Symbol keys are omitted, because base classes
 * keep internal state there. Private `#fields` are inaccessible.
 */
export function capture<T>(value: T): T {
  return copyOf(value, new Map()) as T;
}

function copyOf(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value === 'function') return opaque(`function ${value.name}`);
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return known.get(value);
  const remember = <T>(copy: T): T => {
    known.set(value, copy);
    return copy;
  };
  if (value instanceof Map) {
    const copy = remember(new Map<unknown, unknown>());
    for (const [key, item] of value) copy.set(copyOf(key, known), copyOf(item, known));
    return copy;
  }
  if (value instanceof Set) {
    const copy = remember(new Set<unknown>());
    for (const item of value) copy.add(copyOf(item, known));
    return copy;
  }
  if (value instanceof Date) return remember(new Date(value.getTime()));
  if (value instanceof RegExp) return remember(new RegExp(value));
  if (ArrayBuffer.isView(value)) return remember(Uint8Array.from(bytesOf(value)));
  if (
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof WeakRef
  ) {
    return opaque(value.constructor.name);
  }
  const copy = remember(
    Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object),
  );
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (Array.isArray(value) && name === 'length') continue;
    if (!('value' in descriptor) || descriptor.enumerable !== true) continue;
    Object.defineProperty(copy, name, { ...descriptor, value: copyOf(descriptor.value, known) });
  }
  return copy;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function opaque(name: string): Opaque {
  return `[${name}]`;
}
