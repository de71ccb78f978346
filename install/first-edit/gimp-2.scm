; What first-edit.scm needs of GIMP, in the words of GIMP 2.10.
(define (open-picture path) (car (gimp-file-load RUN-NONINTERACTIVE path path)))
(define (active-layer image) (car (gimp-image-get-active-layer image)))
(define (all-layers image) (vector->list (cadr (gimp-image-get-layers image))))
(define (width image) (car (gimp-image-width image)))
(define (height image) (car (gimp-image-height image)))
(define (save-png image path) ; compressed lightly: GIMP's default takes half a minute for a large photo
  (file-png-save RUN-NONINTERACTIVE image (active-layer image) path path 0 3 0 0 0 0 0))
(define (save-xcf image path) (gimp-file-save RUN-NONINTERACTIVE image (active-layer image) path path))
(define (layer-mask layer) (car (gimp-layer-get-mask layer)))
(define (edit image prompt)
  (plug-in-kontext-edit RUN-NONINTERACTIVE image (active-layer image) prompt "darkroom" "" "match" -1 1 "auto" "{}"))
