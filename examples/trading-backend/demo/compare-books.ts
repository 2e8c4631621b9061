import { bigintsToStrings } from 'nestjs-file-journal';
import { type Side } from 'nestjs-file-journal/order-book';
import { sameAsStored } from './same-as-stored.js';

/** One level of a book with every integer as a decimal string, best price first. */
export interface Level {
  readonly price: string;
  readonly visible_quantity: string;
  readonly hidden_quantity: string;
  readonly order_count: string;
  /** In queue order. */
  readonly orders: readonly unknown[];
}

export interface Book {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The size of the comparison, and the differences. */
export interface BookComparison {
  readonly levels: number;
  readonly orders: number;
  readonly differences: readonly string[];
}

/** Converts a book of this process to the form that HTTP carries. */
export function asCarried(book: { levels(side: Side): unknown }): Book {
  // Levels of the book have the fields of Level, with bigints.
  return bigintsToStrings({ bids: book.levels('BUY'), asks: book.levels('SELL') }) as Book;
}

/** Compares two books level by level, and order by order in queue order. */
export function compareBooks(actual: Book, expected: Book): BookComparison {
  const differences: string[] = [];
  let levels = 0;
  let orders = 0;
  for (const side of ['bids', 'asks'] as const) {
    const count = Math.max(actual[side].length, expected[side].length);
    for (let index = 0; index < count; index += 1) {
      const place = `${side}, level ${index + 1}`;
      differences.push(...compareLevels(place, actual[side][index], expected[side][index]));
      orders += expected[side][index]?.orders.length ?? 0;
    }
    levels += expected[side].length;
  }
  return { levels, orders, differences };
}

function compareLevels(place: string, actual: Level | undefined, expected: Level | undefined): string[] {
  if (actual === undefined || expected === undefined) {
    return [`${place} is there ${actual === undefined ? 'only in the expected book' : 'and not expected'}`];
  }
  const { orders: actualOrders, ...actualSums } = actual;
  const { orders: expectedOrders, ...expectedSums } = expected;
  const differences: string[] = [];
  if (!sameAsStored(actualSums, expectedSums)) {
    differences.push(`${place}: ${JSON.stringify(actualSums)} instead of ${JSON.stringify(expectedSums)}`);
  }
  const count = Math.max(actualOrders.length, expectedOrders.length);
  for (let index = 0; index < count; index += 1) {
    if (sameAsStored(actualOrders[index], expectedOrders[index])) continue;
    const shown = `${JSON.stringify(actualOrders[index])} instead of ${JSON.stringify(expectedOrders[index])}`;
    differences.push(`${place}, order ${index + 1}: ${shown}`);
  }
  return differences;
}
