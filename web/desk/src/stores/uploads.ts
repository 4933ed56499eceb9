import { defineStore } from 'pinia'
import { markRaw, reactive } from 'vue'
import type { Attachment } from '@shared/contract'
import { isPicture, sift, type Refused } from '@shared/files'
import { newId } from '@shared/ids'
import * as calls from '@/api/calls'
import { ApiError } from '@/api/http'

export const MOST_FILES = 9

/** A file on its way: done once it has its `attachment`, failed while it has an `error`. */
export interface Upload {
  key: string
  file: File
  /** Object URL of a picture, otherwise empty. */
  preview: string
  percent: number
  attachment: Attachment | null
  error: ApiError | null
}

/** Files picked and not sent yet, per conversation; they go on while another one is open. */
export const useUploads = defineStore('uploads', () => {
  const trays = reactive(new Map<string, Upload[]>())
  const running = new Map<string, AbortController>()

  const of = (id: string): readonly Upload[] => trays.get(id) ?? []

  /** Starts to upload what may be sent; returns what may not, and why. */
  function add(id: string, files: readonly File[]): Refused<File>[] {
    const { taken, refused } = sift(files, MOST_FILES - of(id).length)
    for (const file of taken) {
      const upload = reactive<Upload>({
        key: newId(),
        file: markRaw(file),
        preview: isPicture(file.type) ? URL.createObjectURL(file) : '',
        percent: 0,
        attachment: null,
        error: null,
      })
      trays.set(id, [...of(id), upload])
      void transfer(id, upload)
    }
    return refused
  }

  async function transfer(id: string, upload: Upload): Promise<void> {
    const abort = new AbortController()
    running.set(upload.key, abort)
    Object.assign(upload, { percent: 0, error: null })
    try {
      const progress = (percent: number) => (upload.percent = percent)
      const { attachment } = await calls.upload(id, upload.file, { progress, signal: abort.signal })
      upload.attachment = attachment
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      upload.error = error
    } finally {
      running.delete(upload.key)
    }
  }

  function retry(id: string, key: string): void {
    const upload = of(id).find((found) => found.key === key)
    if (upload?.error) void transfer(id, upload)
  }

  function remove(id: string, key: string): void {
    drop(of(id).filter((upload) => upload.key === key))
    trays.set(id, of(id).filter((upload) => upload.key !== key))
  }

  /** The uploaded files in order, to be sent; the tray is empty afterwards. */
  function take(id: string): Attachment[] {
    const uploads = of(id)
    drop(uploads)
    trays.delete(id)
    return uploads.flatMap((upload) => upload.attachment ?? [])
  }

  function drop(uploads: readonly Upload[]): void {
    for (const { key, preview } of uploads) {
      running.get(key)?.abort()
      if (preview) URL.revokeObjectURL(preview)
    }
  }

  function forget(): void {
    for (const uploads of trays.values()) drop(uploads)
    trays.clear()
  }

  return { of, add, retry, remove, take, forget }
})
