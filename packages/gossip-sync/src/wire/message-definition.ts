import { type Fields, record } from './field.ts';

/** Everything the wire knows of one type of message. */
export interface MessageDefinition<Message extends { readonly type: string }> {
  /** 1 to 127, never used again for another message. */
  readonly code: number;
  /** A receiver that does not know the code ignores the message; otherwise it closes the link. */
  readonly optional: boolean;
  readonly shape: string;
  pack(message: Message): unknown;
  unpack(raw: unknown): Message;
}

/** Defines a message whose fields travel as one array, in the order of `fields`. */
export function defineMessage<Message extends { readonly type: string }>(
  type: Message['type'],
  code: number,
  fields: Fields<Omit<Message, 'type'>>,
  { optional = false }: { readonly optional?: boolean } = {},
): MessageDefinition<Message> {
  const body = record<Omit<Message, 'type'>>(fields);
  return {
    code,
    optional,
    shape: `${code}${optional ? '?' : ''}:${type}${body.shape}`,
    pack: (message) => body.pack(message),
    unpack: (raw) => ({ type, ...body.unpack(raw) }) as unknown as Message,
  };
}
