import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';

const HEADER = 'idempotency-key';
const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/**
 * The header `Idempotency-Key`. With it, a client that got no answer can repeat its request: the command is
 * executed once, and the answer is the first one. Undefined without the header.
 */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  const key = request.headers[HEADER];
  if (key !== undefined && !VISIBLE_ASCII.test(key)) {
    throw new BadRequestException(`the header ${HEADER} must be 1 to 128 visible ASCII characters`);
  }
  return key;
});
