import type { ApiErrorBody, Attachment, ConversationPublic, Message } from '@shared/contract'
import { postFile } from '@shared/upload'

const TIMEOUT_MS = 15_000

/** `status` 0: no answer came. `retryAfterS` is what the service asked for, when it did. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
  }

  /** The conversation or its token is gone; a new one has to be started. */
  get lost(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404
  }

  /** Trying again later may work. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export interface Credentials {
  id: string
  token: string
}

/** The customer's part of the HTTP contract. */
export class Api {
  constructor(private readonly base: string) {}

  start(visitorId: string): Promise<{
    conversation: ConversationPublic
    token: string
    messages: Message[]
  }> {
    return this.call('POST', 'conversations', null, { channel: 'web', visitor_id: visitorId })
  }

  read(who: Credentials, after: number): Promise<{
    messages: Message[]
    conversation: ConversationPublic
  }> {
    return this.call('GET', `conversations/${who.id}/messages?after=${after}`, who)
  }

  send(
    who: Credentials,
    body: { client_message_id: string; text?: string; attachment_id?: string },
  ): Promise<{ message: Message }> {
    return this.call('POST', `conversations/${who.id}/messages`, who, body)
  }

  rate(who: Credentials, score: number, comment: string): Promise<void> {
    const body = { score, ...(comment ? { comment } : {}) }
    return this.call('POST', `conversations/${who.id}/feedback`, who, body)
  }

  /** Uploads one file; `progress` is called with 0-100. */
  async upload(
    who: Credentials,
    file: File,
    progress: (percent: number) => void,
  ): Promise<Attachment> {
    const url = `${this.base}/api/v1/conversations/${who.id}/attachments`
    const headers = { Authorization: `Bearer ${who.token}` }
    const { status, body } = await postFile(url, file, { headers, progress })
    if (status === 0) throw new RequestError(0, 'no_connection', '')
    if (status >= 300) throw errorFrom(status, body)
    return (body as { attachment: Attachment }).attachment
  }

  socketUrl(who: Credentials, after: number): string {
    const url = new URL('/ws/customer', this.base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.searchParams.set('token', who.token)
    url.searchParams.set('after', String(after))
    return url.href
  }

  /** Signed links are relative to the service, not to the page that carries the widget. */
  absolute(url: string): string {
    return new URL(url, this.base).href
  }

  private async call<T>(
    method: string,
    path: string,
    who: Credentials | null,
    body?: object,
  ): Promise<T> {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS)
    try {
      const response = await fetch(`${this.base}/api/v1/${path}`, {
        method,
        headers: {
          ...(who ? { Authorization: `Bearer ${who.token}` } : {}),
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        body: body ? JSON.stringify(body) : null,
        credentials: 'omit',
        signal: abort.signal,
      })
      if (response.status === 204) return undefined as T
      const parsed: unknown = await response.json().catch(() => null)
      if (!response.ok) throw errorFrom(response.status, parsed)
      return parsed as T
    } catch (error) {
      if (error instanceof RequestError) throw error
      throw new RequestError(0, 'no_connection', String(error))
    } finally {
      clearTimeout(timer)
    }
  }
}

function errorFrom(status: number, body: unknown): RequestError {
  const error = (body ?? {}) as Partial<ApiErrorBody>
  const wait = Number(error.detail?.retry_after_s)
  return new RequestError(
    status,
    error.code ?? 'error',
    error.message ?? '',
    Number.isFinite(wait) ? wait : null,
  )
}
