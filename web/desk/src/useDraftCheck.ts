import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { DraftWatch, placeOf, type DraftWarning } from '@shared/draftCheck'
import * as calls from '@/api/calls'
import { useDraftWarnings } from '@/stores/draftWarnings'

/** Looks at what is typed into `box` and puts better words there on request. */
export function useDraftCheck(
  id: () => string,
  text: Ref<string>,
  box: Ref<HTMLTextAreaElement | null>,
  on: () => boolean,
) {
  const store = useDraftWarnings()
  const found = ref<DraftWarning[]>([])
  const undo = ref<{ before: string; after: string } | null>(null)
  const looking = new DraftWatch(
    async (draft) => (await calls.checkDraft(id(), draft)).warnings,
    (warnings) => (found.value = warnings),
  )
  const warnings = computed(() =>
    store.shown(id(), found.value).filter((warning) => placeOf(text.value, warning)),
  )

  watch(
    [text, on],
    ([draft]) => {
      if (undo.value && undo.value.after !== draft) undo.value = null
      if (on()) looking.typed(draft)
      else looking.stop()
    },
    { immediate: true },
  )
  onBeforeUnmount(() => looking.stop())

  function follow(warning: DraftWarning, place: number): void {
    const at = placeOf(text.value, warning)
    if (!at) return
    const before = text.value
    write(at.start, at.end, warning.better)
    undo.value = { before, after: text.value }
    store.tell(id(), warning, place, 'used')
  }

  function takeBack(): void {
    if (undo.value) write(0, text.value.length, undo.value.before)
    undo.value = null
  }

  function dismiss(warning: DraftWarning, place: number): void {
    store.dismiss(id(), warning, place)
    box.value?.focus()
  }

  /** As if typed, so that the browser's own undo knows it too. */
  function write(start: number, end: number, words: string): void {
    const element = box.value
    if (!element) return
    element.focus()
    element.setSelectionRange(start, end)
    if (!document.execCommand('insertText', false, words)) {
      element.setRangeText(words, start, end, 'end')
    }
    text.value = element.value
  }

  return { warnings, undo, follow, takeBack, dismiss }
}
