import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { isOrderId, ORDER_ID_EXPECTATION } from './ids.js';

/** The order id of a path. */
@Injectable()
export class OrderIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!isOrderId(id)) throw new BadRequestException([`the order id must be ${ORDER_ID_EXPECTATION}`]);
    return id;
  }
}
