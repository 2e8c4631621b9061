import { CancelOrderHandler } from './cancel-order.command.js';
import { MassCancelHandler } from './mass-cancel.command.js';
import { PlaceMarketOrderHandler } from './place-market-order.command.js';
import { PlaceOrderHandler } from './place-order.command.js';
import { UpdateOrderHandler } from './update-order.command.js';

/**
 * The commands to the book. Every command is journaled, whatever its result, and answered after it is
 * durable.
 */
export { CancelOrderCommand } from './cancel-order.command.js';
export { MassCancelCommand, type MassCancelScope } from './mass-cancel.command.js';
export { PlaceMarketOrderCommand, type MarketOrderCommand } from './place-market-order.command.js';
export { PlaceOrderCommand } from './place-order.command.js';
export { UpdateOrderCommand } from './update-order.command.js';

export const COMMAND_HANDLERS = [
  PlaceOrderHandler,
  PlaceMarketOrderHandler,
  CancelOrderHandler,
  UpdateOrderHandler,
  MassCancelHandler,
];
