import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';

const HEADER = 'idempotency-key';
const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/**
 * The header `Idempotency-Key`, by which a client that got no answer can send its request again: the command
 * is executed once, and the answer is that of the first time. Undefined when there is none.
 */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  const key = request.headers[HEADER];
  if (key !== undefined && !VISIBLE_ASCII.test(key)) {
    throw new BadRequestException(`the header ${HEADER} must be 1 to 128 visible ASCII characters`);
  }
  return key;
});
