import type { ApiErrorBody } from '@shared/contract'
import { postFile, type UploadOptions } from '@shared/upload'

const PREFIX = '/api/v1/'
const TIMEOUT_MS = 15_000
export const UPLOAD_TIMEOUT_MS = 180_000

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

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/**
 * One call of the API. The sign-in travels in its cookie.
 *
 * @throws ApiError for every outcome that is not 2xx, including no network and a time-out.
 */
export function call<T>(method: Method, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
  return exchange(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
}

/** Sends files and fields of a form. Throws as `call`. */
export function submitForm<T>(path: string, form: FormData): Promise<T> {
  return exchange(path, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
  })
}

async function exchange<T>(path: string, init: RequestInit): Promise<T> {
  const response = await answer(PREFIX + path, { credentials: 'same-origin', ...init })
  if (response.status === 204) return undefined as T
  const parsed: unknown = await response.json().catch(() => null)
  if (response.ok) return parsed as T
  throw refused(path, response.status, parsed, response.statusText)
}

/**
 * Uploads one file.
 *
 * @throws ApiError as `call`.
 */
export async function upload<T>(path: string, file: File, options: UploadOptions): Promise<T> {
  const { status, body } = await postFile(PREFIX + path, file, options)
  if (status === 0) throw new ApiError(0, 'no_connection', '')
  if (status < 300) return body as T
  throw refused(path, status, body)
}

function refused(path: string, status: number, body: unknown, statusText = ''): ApiError {
  const error = (body ?? {}) as Partial<ApiErrorBody>
  if (status === 401 && path !== 'auth/login') onSignedOut()
  return new ApiError(status, error.code ?? 'error', error.message ?? statusText, error.detail)
}

async function answer(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new ApiError(0, 'no_connection', cause instanceof Error ? cause.message : '')
  }
}
