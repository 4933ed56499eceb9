/** Shapes of the HTTP and websocket contract (`/api/v1`). Times are ISO-8601 UTC. */

export type Sender = 'customer' | 'bot' | 'agent' | 'system'
export type Kind = 'text' | 'image' | 'file' | 'choices' | 'notice' | 'safety' | 'safety_question'
export type State = 'bot' | 'queued' | 'human' | 'closed'

export interface Button {
  title: string
  payload: string
}

export interface Attachment {
  id: string
  mime: string
  size: number
  name: string
  url: string
}

export interface Message {
  id: string
  conversation_id: string
  /** Gapless and unique inside one conversation, starting at 1. */
  seq: number
  sender: Sender
  kind: Kind
  text: string
  buttons: Button[]
  attachment: Attachment | null
  machine: boolean
  author: string
  client_message_id: string | null
  created_at: string
}

/** What a customer sees of a conversation. */
export interface ConversationPublic {
  id: string
  state: State
  agent_name: string
  queue_position: number | null
  wait_minutes: number | null
  last_seq: number
}

export interface ApiErrorBody {
  code: string
  message: string
  detail: Record<string, unknown>
}
