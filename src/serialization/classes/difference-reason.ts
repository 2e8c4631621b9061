/** Explains how a reload would change a value, and how to store it instead. */
export function reasonFor(live: unknown, reloaded: unknown): string {
  return `${describe(live)} ${outcome(live, reloaded)}${adviceFor(live, reloaded)}`;
}

function outcome(live: unknown, reloaded: unknown): string {
  if (reloaded === undefined) return 'would be lost';
  const isAlike = describe(live) === describe(reloaded);
  return isAlike ? 'reads back with different content' : `reads back as ${describe(reloaded)}`;
}

function adviceFor(live: unknown, reloaded: unknown): string {
  switch (typeof live) {
    case 'bigint':
      return '; give the field @BigIntField()';
    case 'number':
      if (typeof reloaded === 'bigint' && !Number.isSafeInteger(live)) {
        return ': an integer beyond 2^53 is exact only as a bigint, in a field with @BigIntField()';
      }
      return '';
    case 'function':
    case 'symbol':
      return ': it cannot be stored';
    case 'undefined':
      return ': the constructor or a decorator of the class sets it; set it in the event';
    case 'object':
      return live === null || reloaded === undefined ? '' : adviceForObject(live);
    default:
      return '';
  }
}

function adviceForObject(live: object): string {
  if (Array.isArray(live)) return '';
  if (live instanceof Date) return '; give the field @Type(() => Date)';
  if (live instanceof Map) {
    return '; give the field @Type(() => Item), with the class of its values, and compile with emitDecoratorMetadata';
  }
  if (live instanceof Set) {
    return '; give the field @Type(() => Item), with the class of its members, and compile with emitDecoratorMetadata';
  }
  const prototype: unknown = Object.getPrototypeOf(live);
  if (prototype === null) return '; copy it into a plain object, as in { ...it }';
  if (prototype === Object.prototype) return '';
  if (isNativeKind(live)) return '; store a text or plain data instead, or give the field two @Transform()s';
  return `; give the field @Type(() => ${classNameOf(live)})`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? 'the number -0' : `the number ${value}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return 'an object without a prototype';
  return prototype === Object.prototype ? 'a plain object' : `an instance of ${classNameOf(value)}`;
}

/** Whether the engine tags the object as more than plain properties, such as `[object URL]`. */
function isNativeKind(value: object): boolean {
  return Object.prototype.toString.call(value) !== '[object Object]';
}

function classNameOf(value: object): string {
  const name: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } }).constructor
    ?.name;
  return typeof name === 'string' && name !== '' ? name : 'a class without a name';
}
