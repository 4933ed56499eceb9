import type { Message } from '@shared/contract'

export function message(seq: number, part: Partial<Message> = {}): Message {
  return {
    id: `ms_${seq}`,
    conversation_id: 'cv_1',
    seq,
    sender: 'customer',
    kind: 'text',
    text: `第 ${seq} 条`,
    buttons: [],
    attachment: null,
    machine: false,
    author: '',
    client_message_id: null,
    created_at: '2025-11-05T02:00:00Z',
    ...part,
  }
}
