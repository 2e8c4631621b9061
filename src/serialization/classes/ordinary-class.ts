/** Which classes are written in JavaScript, and what their instances show of themselves. */
const knownKinds = new WeakMap<object, boolean>();

/** Whether a class and its ancestors are written in JavaScript: not Map, Array, Error or Buffer. */
export function isOrdinary(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  let known = knownKinds.get(type);
  // The check reads the source text of the class, so the answer is cached.
  if (known === undefined) knownKinds.set(type, (known = isWrittenInJavaScript(type)));
  return known;
}

function isWrittenInJavaScript(type: unknown): boolean {
  for (let ancestor = type; ancestor !== Function.prototype; ancestor = Object.getPrototypeOf(ancestor)) {
    if (typeof ancestor !== 'function' || isNative(ancestor)) return false;
    // The `constructor` of a prototype may be another class.
    const prototype: unknown = ancestor.prototype;
    if (typeof prototype !== 'object' || prototype === null || prototype.constructor !== ancestor)
      return false;
  }
  return true;
}

const NATIVE_CODE = /\{\s*\[native code\]\s*\}\s*$/;

function isNative(type: object): boolean {
  return NATIVE_CODE.test(Function.prototype.toString.call(type));
}

/** Methods that show the content of an object, including private fields. */
const CONVERSIONS = ['toString', 'valueOf', 'toJSON'];

type Getters = ReadonlyMap<string, (from: object) => unknown>;

const NO_GETTERS: Getters = new Map();
const knownGetters = new WeakMap<object, Getters>();

/**
 * Returns, by name, the getters and value conversions that instances have from classes written in JavaScript.
 */
export function gettersOf(prototype: object | null): Getters {
  if (prototype === null || prototype === Object.prototype) return NO_GETTERS;
  let getters = knownGetters.get(prototype);
  if (getters === undefined) knownGetters.set(prototype, (getters = findGetters(prototype)));
  return getters;
}

function findGetters(prototype: object): Getters {
  if (!isOrdinary(prototype.constructor)) return NO_GETTERS;
  const inherited = gettersOf(Object.getPrototypeOf(prototype) as object | null);
  const getters = new Map(inherited);
  for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    getters.delete(name);
    if (get !== undefined) getters.set(name, (from) => get.call(from) as unknown);
    else if (CONVERSIONS.includes(name) && typeof value === 'function') {
      getters.set(name, (from) => (value as () => unknown).call(from));
    }
  }
  return getters.size === 0 ? NO_GETTERS : getters;
}
