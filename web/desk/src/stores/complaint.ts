import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import * as calls from '@/api/complaintCalls'
import type {
  ChangeSince,
  ComplaintDetail,
  Missing,
  StaffRef,
  VerbName,
} from '@/api/complaintShapes'
import { ApiError } from '@/api/http'
import { bodyOf, freshDraft, rebased, type Draft } from '@/complaints/verbForms'

/** A form that is being filled in: what was typed, and on which version of the complaint. */
export interface OpenForm {
  verb: VerbName
  draft: Draft
  /** The form as it was before anything was typed. */
  base: Draft
  version: number
  /** What others did since, when the service refused because of it. */
  conflict: ChangeSince[] | null
  missing: Missing[]
  busy: boolean
}

/** The complaint that is open, its people, and its half-filled forms. */
export const useComplaint = defineStore('complaint', () => {
  const no = ref<string | null>(null)
  const detail = ref<ComplaintDetail | null>(null)
  const error = ref<ApiError | null>(null)
  const others = ref<StaffRef[]>([])
  /** Forms outlive a look at another complaint and a lost sign-in. */
  const forms = reactive(new Map<string, OpenForm>())
  const openVerb = ref<VerbName | null>(null)

  const form = computed(() =>
    no.value && openVerb.value ? (forms.get(key(openVerb.value)) ?? null) : null,
  )

  const key = (verb: VerbName) => `${no.value}/${verb}`

  async function open(number: string | null): Promise<void> {
    no.value = number
    detail.value = null
    error.value = null
    others.value = []
    openVerb.value = null
    if (number) await load()
  }

  async function load(): Promise<void> {
    const number = no.value
    if (!number) return
    try {
      const answer = await calls.read(number)
      if (no.value === number) put(answer)
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      if (no.value === number) error.value = cause
    }
  }

  function put(answer: ComplaintDetail): void {
    if (answer.no !== no.value) return
    detail.value = answer
    error.value = null
    others.value = answer.presence
  }

  /** Somebody else changed it; what is typed here keeps the version it was begun on. */
  function changedElsewhere(number: string, version: number): void {
    if (number === no.value && (detail.value?.version ?? 0) < version) void load()
  }

  async function stayPresent(): Promise<void> {
    const number = no.value
    if (!number || document.hidden) return
    const answer = await calls.presence(number).catch(() => null)
    if (answer && no.value === number) others.value = answer.others
  }

  /** Open a form; `filled` puts things into it. */
  function begin(verb: VerbName, filled: Draft = {}): void {
    if (!detail.value) return
    if (!forms.has(key(verb))) {
      forms.set(key(verb), {
        verb,
        draft: freshDraft(verb, detail.value),
        base: freshDraft(verb, detail.value),
        version: detail.value.version,
        conflict: null,
        missing: [],
        busy: false,
      })
    }
    Object.assign(forms.get(key(verb))!.draft, filled)
    openVerb.value = verb
  }

  function fold(): void {
    openVerb.value = null
  }

  function discard(): void {
    if (openVerb.value) forms.delete(key(openVerb.value))
    openVerb.value = null
  }

  /**
   * Send the open form. A refusal that the form itself can show (somebody was faster, something is
   * missing) is put into it; every other error is thrown.
   */
  async function submit(): Promise<boolean> {
    const [current, shown] = [form.value, detail.value]
    if (!current || !shown || current.busy) return false
    current.busy = true
    current.missing = []
    try {
      const body = { ...bodyOf(current.verb, current.draft, current.base), version: current.version }
      put(await calls.act(shown.no, current.verb, body))
      discard()
      return true
    } catch (cause) {
      if (!(cause instanceof ApiError) || !explained(current, cause)) throw cause
      await load()
      return false
    } finally {
      current.busy = false
    }
  }

  function explained(current: OpenForm, cause: ApiError): boolean {
    if (cause.code === 'conflict' && Array.isArray(cause.detail.changed)) {
      current.conflict = cause.detail.changed as ChangeSince[]
      return true
    }
    if (cause.code !== 'not_ready') return false
    current.missing = (cause.detail.missing ?? []) as Missing[]
    return true
  }

  /** After having read what others did: the typed text goes onto the present version. */
  function keepTyped(): void {
    if (!form.value || !detail.value) return
    const { verb, draft, base } = form.value
    const fresh = freshDraft(verb, detail.value)
    Object.assign(form.value, {
      draft: rebased(draft, base, fresh),
      base: fresh,
      version: detail.value.version,
      conflict: null,
    })
  }

  /** After having read what others did: begin again from what the complaint says now. */
  function beginAgain(): void {
    const verb = openVerb.value
    discard()
    if (verb) begin(verb)
  }

  /** An act that asks for nothing. */
  async function actAtOnce(verb: VerbName, body: object = {}): Promise<void> {
    if (!detail.value) return
    try {
      put(await calls.act(detail.value.no, verb, { ...body, version: detail.value.version }))
    } catch (cause) {
      await load()
      throw cause
    }
  }

  async function watch(on: boolean): Promise<void> {
    if (detail.value) put(await calls.watch(detail.value.no, on))
  }

  async function seeAlert(): Promise<void> {
    if (detail.value) put(await calls.seeAlert(detail.value.no))
  }

  async function addNote(text: string, mentions: string[]): Promise<void> {
    if (detail.value) put(await calls.note(detail.value.no, text, mentions))
  }

  return {
    no, detail, error, others, forms, openVerb, form,
    open, load, changedElsewhere, stayPresent, begin, fold, discard, submit, keepTyped, beginAgain,
    actAtOnce, watch, seeAlert, addNote,
  }
})
