/** The place of one element in a {@link LinkedList}. Only the list changes links. */
export class ListNode<T> {
  previous: ListNode<T> | null = null;
  next: ListNode<T> | null = null;

  constructor(readonly value: T) {}
}

/** A doubly linked list. An operation on one element takes the same time, however many others there are. */
export class LinkedList<T> {
  #first: ListNode<T> | null = null;
  #last: ListNode<T> | null = null;

  get isEmpty(): boolean {
    return this.#first === null;
  }

  /** The elements from front to back. The list must not change during the iteration. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let node = this.#first; node !== null; node = node.next) yield node.value;
  }

  append(value: T): ListNode<T> {
    const node = new ListNode(value);
    this.#linkAfter(this.#last, node);
    return node;
  }

  remove(node: ListNode<T>): void {
    if (node.previous === null) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === null) this.#last = node.previous;
    else node.next.previous = node.previous;
  }

  moveToBack(node: ListNode<T>): void {
    this.remove(node);
    this.#linkAfter(this.#last, node);
  }

  /** Removes an element and puts the last one in its place. */
  swapRemove(node: ListNode<T>): void {
    const last = this.#last;
    if (last === null || last === node) return this.remove(node);
    this.remove(last);
    this.#linkAfter(node, last);
    this.remove(node);
  }

  #linkAfter(before: ListNode<T> | null, node: ListNode<T>): void {
    const after = before === null ? this.#first : before.next;
    node.previous = before;
    node.next = after;
    if (before === null) this.#first = node;
    else before.next = node;
    if (after === null) this.#last = node;
    else after.previous = node;
  }
}
