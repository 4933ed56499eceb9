import { ref } from 'vue'
import { useEventListener } from './useEventListener'

/**
 * Files dragged from outside onto the window, which would otherwise open them in place of the page.
 *
 * @returns whether some are held over it now and `allowed`.
 */
export function useFileDrop(allowed: () => boolean, dropped: (files: File[]) => void) {
  const over = ref(false)
  /** A picture of the page itself is dragged, which counts as a file for browsers. */
  let ours = false

  const carries = (event: DragEvent) => !ours && !!event.dataTransfer?.types.includes('Files')

  useEventListener(window, 'dragstart', () => (ours = true))
  useEventListener(window, 'dragend', () => (ours = false))
  useEventListener(window, 'dragover', (event) => {
    if (!carries(event) || !event.dataTransfer) return
    event.preventDefault()
    over.value = allowed()
    event.dataTransfer.dropEffect = over.value ? 'copy' : 'none'
  })
  useEventListener(window, 'dragleave', (event) => {
    if (event.relatedTarget === null) over.value = false
  })
  useEventListener(window, 'drop', (event) => {
    over.value = false
    if (!carries(event)) return
    event.preventDefault()
    if (allowed()) dropped([...(event.dataTransfer?.files ?? [])])
  })

  return over
}
