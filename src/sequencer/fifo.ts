/**
 * A first-in, first-out queue with constant-time operations; `shift` of an array moves every element behind
 * it.
 */
export class Fifo<T> {
  private incoming: T[] = [];
  private outgoing: T[] = [];

  get size(): number {
    return this.incoming.length + this.outgoing.length;
  }

  /** The newest element, if it is still here. */
  get last(): T | undefined {
    return this.incoming.length > 0 ? this.incoming[this.incoming.length - 1] : this.outgoing[0];
  }

  push(item: T): void {
    this.incoming.push(item);
  }

  shift(): T | undefined {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.reverse();
      this.incoming = [];
    }
    return this.outgoing.pop();
  }
}
