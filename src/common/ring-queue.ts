/** Capacity of a new queue; a power of two. */
const INITIAL_CAPACITY = 16;

/**
 * A first-in, first-out queue with constant-time operations. A ring of slots holds the elements: neither
 * `push` nor `shift` allocates, except when the queue grows. The queue keeps no reference to a removed
 * element.
 */
export class RingQueue<T> {
  private slots: (T | undefined)[] = Array.from<T | undefined>({ length: INITIAL_CAPACITY });
  /** Index of the oldest element. */
  private head = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The oldest element; undefined if the queue is empty. */
  get first(): T | undefined {
    return this.slots[this.head];
  }

  /** The newest element, if the queue still holds it. */
  get last(): T | undefined {
    return this.count === 0 ? undefined : this.slots[this.slotAt(this.count - 1)];
  }

  /** The element `index` places behind the oldest one. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.count ? this.slots[this.slotAt(index)] : undefined;
  }

  push(item: T): void {
    if (this.count === this.slots.length) this.grow();
    this.slots[this.slotAt(this.count)] = item;
    this.count += 1;
  }

  /** Removes the oldest element and returns it. */
  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.slots[this.head];
    this.slots[this.head] = undefined;
    this.head = this.slotAt(1);
    this.count -= 1;
    return item;
  }

  /** The elements, the oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.count; index += 1) yield this.slots[this.slotAt(index)] as T;
  }

  private slotAt(index: number): number {
    return (this.head + index) & (this.slots.length - 1);
  }

  private grow(): void {
    const slots = Array.from<T | undefined>({ length: this.slots.length * 2 });
    for (let index = 0; index < this.count; index += 1) slots[index] = this.slots[this.slotAt(index)];
    this.slots = slots;
    this.head = 0;
  }
}
