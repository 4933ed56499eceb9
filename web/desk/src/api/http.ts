import type { ApiErrorBody } from '@shared/contract'

const PREFIX = '/api/v1/'
const TIMEOUT_MS = 15_000

/** An answer of the API that is not a success; `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

let onSignedOut: () => void = () => undefined

/** Called whenever the API says that the sign-in is over. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

export type Method = 'GET' | 'POST' | 'PATCH'

/**
 * One call of the API. The sign-in travels in its cookie.
 *
 * @throws ApiError for every outcome that is not 2xx, including no network and a time-out.
 */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const response = await answer(PREFIX + path, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status === 204) return undefined as T
  const parsed: unknown = await response.json().catch(() => null)
  if (response.ok) return parsed as T
  const error = (parsed ?? {}) as Partial<ApiErrorBody>
  if (response.status === 401 && path !== 'auth/login') onSignedOut()
  throw new ApiError(
    response.status,
    error.code ?? 'error',
    error.message ?? response.statusText,
    error.detail,
  )
}

async function answer(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new ApiError(0, 'no_connection', cause instanceof Error ? cause.message : '')
  }
}
