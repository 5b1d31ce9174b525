package litebrush.runtime

import android.graphics.Bitmap
import android.graphics.Color
import litebrush.Picture

/** The pixels of a bitmap, (R, G, B); transparency is dropped. */
fun Bitmap.toPicture(): Picture {
    val colours = IntArray(width * height)
    getPixels(colours, 0, width, 0, 0, width, height)
    val picture = Picture(height, width, 3)
    colours.forEachIndexed { place, colour ->
        picture[3 * place] = Color.red(colour)
        picture[3 * place + 1] = Color.green(colour)
        picture[3 * place + 2] = Color.blue(colour)
    }
    return picture
}

/** An opaque bitmap of a picture of (R, G, B). */
fun Picture.toBitmap(): Bitmap {
    val colours = IntArray(width * height) { Color.rgb(this[3 * it], this[3 * it + 1], this[3 * it + 2]) }
    return Bitmap.createBitmap(colours, width, height, Bitmap.Config.ARGB_8888)
}
