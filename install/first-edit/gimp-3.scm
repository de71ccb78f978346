; What first-edit.scm needs of GIMP, in the words of GIMP 3.0 and 3.2.
(define (open-picture path) (car (gimp-file-load RUN-NONINTERACTIVE path)))
(define (active-layer image) (vector-ref (car (gimp-image-get-selected-layers image)) 0))
(define (all-layers image) (vector->list (car (gimp-image-get-layers image))))
(define (width image) (car (gimp-image-get-width image)))
(define (height image) (car (gimp-image-get-height image)))
(define (save-png image path) ; compressed lightly: GIMP's default takes half a minute for a large photo
  (file-png-export #:run-mode RUN-NONINTERACTIVE #:image image #:file path #:compression 3))
(define (save-xcf image path) (gimp-file-save RUN-NONINTERACTIVE image path -1))
(define (layer-mask layer) (car (gimp-layer-get-mask layer)))
(define (edit image prompt)
  (plug-in-kontext-edit #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector (active-layer image))
                        #:prompt prompt #:engine "darkroom"))
