const TIMEOUT_MS = 120_000

/** What came back; `status` 0: no answer, or it was aborted. */
export interface Answer {
  status: number
  body: unknown
}

export interface UploadOptions {
  headers?: Record<string, string>
  /** Called with 0-100. */
  progress: (percent: number) => void
  signal?: AbortSignal
}

/** Posts one file as the multipart field `file`. XMLHttpRequest, since fetch tells no progress. */
export function postFile(url: string, file: File, options: UploadOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      request.setRequestHeader(name, value)
    }
    request.responseType = 'json'
    request.timeout = TIMEOUT_MS
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) options.progress(Math.round((event.loaded / event.total) * 100))
    }
    request.onloadend = () => resolve({ status: request.status, body: request.response })
    options.signal?.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
}
