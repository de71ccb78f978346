; Edits one photo by prompt in GIMP, saves before.png, after.png and edit.xcf, then opens these files again and
; writes what it measures in them to `report`, one "name value" a line. install/first-edit/run defines `photo`,
; `prompt`, `results`, `report`, and loads gimp-2.scm or gimp-3.scm before this file.

(define (result name) (string-append results "/" name))

(define (save-flat image path)
  (let ((copy (car (gimp-image-duplicate image))))
    (gimp-image-flatten copy)
    (save-png copy path)
    (gimp-image-delete copy)))

(define (select-box image operation x y w h)
  (gimp-image-select-rectangle image operation
    (* x (width image)) (* y (height image)) (* w (width image)) (* h (height image))))

(define (select-centre image) (select-box image CHANNEL-OP-REPLACE 0.3 0.3 0.4 0.4))

(define (select-corners image)
  (gimp-selection-none image)
  (for-each (lambda (corner) (select-box image CHANNEL-OP-ADD (car corner) (cdr corner) 0.1 0.1))
    '((0 . 0) (0.9 . 0) (0 . 0.9) (0.9 . 0.9))))

(define (mean layer channel) (car (gimp-drawable-histogram layer channel 0 1)))
(define (share-up-to layer value) (list-ref (gimp-drawable-histogram layer HISTOGRAM-VALUE 0 value) 5))

; The value that the darkest tenth of the pixels does not exceed, to a 256th.
(define (dark-tenth layer)
  (let search ((low 0) (high 1) (steps 8))
    (let ((middle (/ (+ low high) 2)))
      (cond ((= steps 0) (* 255 high))
            ((>= (share-up-to layer middle) 0.1) (search low middle (- steps 1)))
            (else (search middle high (- steps 1)))))))

(define (write-line port name value)
  (for-each (lambda (item) (display item port)) (list name " " value "\n")))

(define (measure port name)
  (let* ((image (open-picture (result (string-append name ".png"))))
         (layer (active-layer image)))
    (write-line port (string-append name "_width") (width image))
    (write-line port (string-append name "_height") (height image))
    (select-centre image)
    (write-line port (string-append name "_red") (mean layer HISTOGRAM-RED))
    (write-line port (string-append name "_blue") (mean layer HISTOGRAM-BLUE))
    (write-line port (string-append name "_dark") (dark-tenth layer))
    (write-line port (string-append name "_centre") (mean layer HISTOGRAM-VALUE))
    (select-corners image)
    (write-line port (string-append name "_corners") (mean layer HISTOGRAM-VALUE))
    (gimp-image-delete image)))

(define (measure-layers port)
  (let* ((image (open-picture (result "edit.xcf")))
         (layers (all-layers image)))
    (write-line port "layers" (length layers))
    (write-line port "masked" (if (> (layer-mask (car layers)) 0) 1 0))
    (gimp-image-delete image)))

(let ((image (open-picture photo)))
  (save-flat image (result "before.png"))
  (edit image prompt)
  (save-flat image (result "after.png"))
  (save-xcf image (result "edit.xcf"))
  (gimp-image-delete image))

(let ((port (open-output-file report)))
  (measure port "before")
  (measure port "after")
  (measure-layers port)
  (close-output-port port))
